"""Where models come from: data, training, evaluation."""
