"""What the rows of an audit say: figures by model, class and slice, comparisons, and what to beware of."""
