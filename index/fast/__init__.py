"""The bundled embedding model computed by ONNX Runtime, without PyTorch.

`wire.py` writes the ONNX format, `graph.py` the model as a graph, `encoder.py` runs it.
"""
