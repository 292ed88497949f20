"""How the bundled Vietnamese-English static model was made, from a folder of text to the exported model folder.

`python -m rag.training --data DIR [--dev DIR] --out DIR [--seed N]` runs the whole of it. The stages, in order:

* `corpus`      reads the data folder (what each file is, which sources are human translations)
* `augment`     text variants: folded diacritics, old/new tone-mark placement, abbreviations, question-like sentences
* `vocabulary`  a Unigram tokenizer whose superword pieces are chosen from counts
* `dictionary`  word pairs aligned in the parallel text (IBM Model 1 in both directions)
* `kinds`       training pairs of many kinds, drawn anew for every epoch
* `contrastive` mean-pooled vectors by in-batch negatives
* `maxsim`      the same vectors refined as token vectors of late interaction, with mined hard negatives
* `evaluate`    BEIR folders: BM25, dense, MaxSim and their fusion
* `export`      the sentence-transformers folder

Nothing here is imported by the running program; torch and scipy are needed for training alone.
"""
