"""The bundled embedding model computed by ONNX Runtime, without PyTorch.

`wire.py` writes the ONNX format, `graph.py` the model as a graph, `encoder.py` runs it; `reader.py`
runs the copy of its upper half that tells whether a sentence answers a question.
"""
