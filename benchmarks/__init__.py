"""What a call costs, against the same view written by hand and against other libraries."""
