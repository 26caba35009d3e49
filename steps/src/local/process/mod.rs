//! Processes that outlive the server that started them.
