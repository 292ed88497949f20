"""Scores as pure functions over numpy arrays: BM25, MaxSim, fusion. Knows nothing of files, models or storage."""
