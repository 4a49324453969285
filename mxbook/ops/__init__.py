"""L3: what operators are.  Start with `operator`, then one family (`families/arithmetic.py`)."""
