#include "tests/fuzz/targets.hpp"

#include <array>

namespace fuzz {

std::span<Target const> targets() {
    static constexpr auto all = std::to_array<Target>({
        {"http", http},           {"ws_frames", ws_frames},
        {"deflate", deflate},     {"engine4", engine4},
        {"engine3", engine3},     {"packets", packets},
        {"msgpack", msgpack},     {"json", json},
        {"text", text},           {"forwarded", forwarded},
        {"handshake", handshake}, {"server", server},
#ifdef FUZZ_APPS
        {"auth", auth},           {"envelope", envelope},
        {"casys", casys},         {"dungeonlab", dungeonlab},
        {"eliza", eliza},         {"fuse", fuse},
        {"kaiku", kaiku},
#endif
    });
    return all;
}

}  // namespace fuzz
