"""L3: graphs of operators.  Pure: works on `Node`s, knows no array.  Start with `node`."""
