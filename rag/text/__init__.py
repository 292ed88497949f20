"""Text primitives shared by query, reader, verifier and evaluation: one implementation, standard library only.

Every function is pure. Offsets count code points of the string passed in. Nothing is imported here, so that using one
module never pays for another.
"""
