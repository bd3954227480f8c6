"""What jobs of the model process do with torch: each module is loaded with its first job."""
