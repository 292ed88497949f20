"""Embedders, rerankers and language models behind narrow interfaces; the bundled model's folder."""
