"""Where answers come from: data, training, measuring."""
