// MessagePack values and packets: read, written and read again they are the same, and a value has
// no more parts than the input has bytes, whatever sizes it claims.

#include "engineio/net/text.hpp"
#include "socketio/msgpack_parser.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <string>
#include <vector>

namespace fuzz {

void msgpack(Bytes bytes) {
    using namespace socketio;
    auto const text = Input(bytes).rest();
    if (auto const value = parse_msgpack(text)) {
        // A packet's own map is one level more than the text encoding has.
        FUZZ_CHECK(depth_of(*value) <= max_json_depth + 1);
        // An extension becomes an array of two.
        FUZZ_CHECK(count_of(*value) <= 3 * text.size());
        FUZZ_CHECK(engineio::net::is_valid_utf8(value->dump()));
        std::string written;
        MsgpackWriter writer(written);
        write(writer, *value);
        auto const again = parse_msgpack(written);
        FUZZ_CHECK(again.has_value());
        FUZZ_SAME(again->dump(), value->dump());
        // Every part belongs to the value: a shorter or longer text is none.
        FUZZ_CHECK(!parse_msgpack(text.substr(0, text.size() - 1)));
        FUZZ_CHECK(!parse_msgpack(std::string(text) + '\xc0'));
    }
    auto const decoded = msgpack_parser()->make_decoder()->on_binary(text);
    FUZZ_CHECK(decoded.kind != DecodeResult::Kind::need_more);
    if (decoded.kind == DecodeResult::Kind::packet) {
        check_promises(decoded.packet);
        check_msgpack_round_trip(decoded.packet);
    }
}

}  // namespace fuzz
