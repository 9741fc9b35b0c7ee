// Writes one model per operator and a few networks to a folder, for other engines to load:
//     write_test_models DIRECTORY
#include "compiler/export/export.h"
#include "tests/support/sample_graphs.h"

#include "compiler/support/error.h"
#include "tests/support/write_file.h"

#include <cstdio>

int main(int argc, char **argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: write_test_models DIRECTORY\n");
        return 2;
    }
    try {
        const std::filesystem::path directory = argv[1];
        std::filesystem::create_directories(directory);
        for (const octet::Graph &graph : octet::test::sample_graphs())
            octet::test::write_file(directory / (graph.name + ".tflite"), octet::to_tflite(graph));
    } catch (const std::exception &error) {
        std::fprintf(stderr, "write_test_models: %s\n", error.what());
        return 1;
    }
    return 0;
}
