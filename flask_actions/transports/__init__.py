"""The ways in: each carries a call from its wire to the line and the result back."""
