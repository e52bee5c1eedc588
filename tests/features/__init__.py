"""The meaning of features in plain Python, made-up streams, and the tests that compare with them."""
