"""The report of an audit: one document from the files of its folder, as HTML, PDF, JSON and CSV."""
