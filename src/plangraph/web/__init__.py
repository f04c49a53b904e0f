"""The service over HTTP: problems, protocol, REST, and the application that joins them."""
