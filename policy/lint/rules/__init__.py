"""The lint rules, one file each: the page in the docstring, one small function, and the row that `table` lists."""
