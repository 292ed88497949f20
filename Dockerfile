# The chat page and API in one container. Build: docker build -t hoidap .
# Run: docker run -p 127.0.0.1:7860:7860 -e RAG_API_KEYS=... -e RAG_USERS=name:password -v hoidap-index:/app/index hoidap
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HF_HUB_OFFLINE=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    RAG_HOST=0.0.0.0 \
    RAG_PORT=7860

WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY rag ./rag
RUN pip install -c constraints.txt . && python -m compileall -q rag
COPY app.py ./
COPY seeds ./seeds

# A user without rights; the index is the only place that is written.
RUN useradd --create-home --uid 10001 hoidap && mkdir index && chown hoidap index
USER 10001
VOLUME /app/index
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]

# Refuses to start until RAG_API_KEYS and RAG_USERS are given, since it listens beyond loopback.
CMD ["python", "app.py"]
