"""The model process: who talks to it, what is asked, who answers."""
