"""One parser per file format, each imported only when such a file is met."""
