"""What people look at: server-rendered pages of what the graph says, working without script."""
