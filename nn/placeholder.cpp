// The folder's library.
