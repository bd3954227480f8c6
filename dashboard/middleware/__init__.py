"""What stands between the network and the pages: who may come in, how much is sent, what browsers may do."""
