"""One folder per page; its ``page.py`` is what Streamlit runs."""
