// permessage-deflate: arbitrary bytes never give more than the limit, and what we compress is read
// back as it was, with and without context takeover.

#include "engineio/net/deflate.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>

namespace fuzz {
namespace deflate_target {

using namespace engineio::net;

constexpr std::size_t max_message_bytes = 20'000;

void check_hostile(std::string_view bytes, bool takeover, std::uint8_t cuts) {
    Inflater inflater(takeover, max_message_bytes);
    bool broken = false;
    // Several messages share a window when it is taken over.
    in_pieces(bytes, cuts, [&](std::span<char> message) {
        std::string out;
        if (!broken) {
            broken =
                inflater.decompress({message.data(), message.size()}, out) != InflateError::none;
            FUZZ_CHECK(out.size() <= max_message_bytes);
        }
    });
}

void check_round_trip(std::string_view bytes, bool takeover, int window_bits, std::uint8_t cuts) {
    Deflater deflater(takeover, window_bits, cuts % 11 - 1);
    Inflater inflater(takeover, max_message_bytes, window_bits);
    in_pieces(bytes, cuts, [&](std::span<char> piece) {
        std::string const message(piece.data(), piece.size());
        std::string out;
        auto const compressed = deflater.compress(message);
        FUZZ_CHECK(!compressed.empty());
        auto const error = inflater.decompress(compressed, out);
        if (message.size() > max_message_bytes) {
            FUZZ_CHECK(error == InflateError::too_big);
        } else {
            FUZZ_CHECK(error == InflateError::none);
            FUZZ_SAME(out, message);
        }
    });
}

}  // namespace deflate_target

void deflate(Bytes bytes) {
    using namespace deflate_target;
    Input input(bytes);
    auto const flags = input.byte();
    auto const cuts = input.byte();
    auto const stream = input.rest();
    bool const takeover = (flags & 1) != 0;
    check_hostile(stream, takeover, 0);
    check_hostile(stream, takeover, cuts);
    check_round_trip(stream, takeover, 8 + flags / 2 % 8, cuts < 2 ? 0 : cuts);
}

}  // namespace fuzz
