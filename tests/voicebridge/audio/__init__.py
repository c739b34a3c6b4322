"""The ears and the mouth, on sounds made here."""
