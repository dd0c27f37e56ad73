// One target under libFuzzer: FUZZ_TARGET is its function.

#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    fuzz::FUZZ_TARGET({data, size});
    return 0;
}
