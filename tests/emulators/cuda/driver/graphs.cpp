// Graphs: what a capture has recorded, executed in the order of the recording.
#include "emulator.h"

using namespace octet::ptx;

OCTET_CUDA_API CUresult cuGraphInstantiateWithFlags(CUgraphExec *exec, CUgraph graph,
                                                    unsigned long long) {
    return call_in_context([&](OctetCudaContext &) {
        Emulator &e = emulator();
        if (!owns(e.graphs, graph))
            return CUDA_ERROR_INVALID_VALUE;
        auto instance = std::make_unique<OctetCudaGraphExec>();
        instance->operations = graph->operations;
        *exec = keep(e.graph_execs, std::move(instance));
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuGraphInstantiate_v2(CUgraphExec *exec, CUgraph graph, void **, char *,
                                              size_t) {
    return cuGraphInstantiateWithFlags(exec, graph, 0);
}

OCTET_CUDA_API CUresult cuGraphInstantiate(CUgraphExec *exec, CUgraph graph, void **, char *,
                                           size_t) {
    return cuGraphInstantiateWithFlags(exec, graph, 0);
}

// Counts the nodes; there are no handles to give out.
OCTET_CUDA_API CUresult cuGraphGetNodes(CUgraph graph, void **nodes, size_t *count) {
    return call([&](Emulator &e) {
        if (!owns(e.graphs, graph) || nodes)
            return CUDA_ERROR_INVALID_VALUE;
        *count = graph->operations.size();
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuGraphUpload(CUgraphExec exec, CUstream) {
    return call([&](Emulator &e) {
        return owns(e.graph_execs, exec) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}

OCTET_CUDA_API CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
    return call_in_context([&](OctetCudaContext &context) {
        if (!owns(emulator().graph_execs, exec))
            return complain("this graph does not exist", CUDA_ERROR_INVALID_VALUE);
        for (const Operation &operation : exec->operations)
            if (CUresult error = enqueue(context, stream, operation))
                return error;
        return CUDA_SUCCESS;
    });
}

OCTET_CUDA_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
    return call([&](Emulator &e) {
        return erase_owned(e.graph_execs, exec) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}

OCTET_CUDA_API CUresult cuGraphDestroy(CUgraph graph) {
    return call([&](Emulator &e) {
        return erase_owned(e.graphs, graph) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
    });
}
