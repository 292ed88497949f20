"""Open the chat: `python app.py`, then http://127.0.0.1:7860/. Settings come from RAG_* variables and rag.toml."""

import sys

from rag.errors import RagError
from rag.serve import serve

if __name__ == "__main__":
    try:
        serve()
    except RagError as exc:
        sys.exit(f"error: {exc}")
    except KeyboardInterrupt:
        sys.exit(0)
