"""Sound as bytes and arrays. LAW: pure. Bytes and arrays in; bytes, arrays or events out."""
