"""From files to documents and passages. Nothing is imported here: a parser is loaded when a file needs it."""
