"""The chat page, built with Gradio and mounted into the API's process."""
