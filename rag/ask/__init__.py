"""From a question to a cited answer: understand, complete, read, verify, abstain. Only ``pipeline`` knows the order."""
