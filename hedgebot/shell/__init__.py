"""What we do: the daemon, its inbox, its executor, its control socket. No policy."""
