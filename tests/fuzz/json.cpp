// JSON: the fast parser against the full one, the scanner of RawJson against both, printing and
// reading again, and the textual forms of JavaScript.

#include "socketio/json.hpp"
#include "engineio/net/text.hpp"
#include "socketio/json_plain.hpp"
#include "socketio/json_text.hpp"
#include "socketio/raw_json.hpp"
#include "socketio/writer.hpp"
#include "tests/fuzz/packet_checks.hpp"
#include "tests/fuzz/targets.hpp"

#include <optional>
#include <string>

namespace fuzz {
namespace json_target {

using namespace socketio;
using engineio::net::is_valid_utf8;

// By the full parser: a text with an escape in it is not plain.
std::optional<Json> parse_fully(std::string_view text) {
    auto list = Json::parse("[" + std::string(text) + ",\"\\u0041\"]");
    if (!list || list->size() != 2) {
        return std::nullopt;
    }
    return std::move((*list->array_items())[0]);
}

void check_value(Json const& value) {
    auto const text = value.dump();
    FUZZ_CHECK(is_valid_utf8(text));
    FUZZ_CHECK(depth_of(value) <= max_json_depth);
    auto const again = Json::parse(text);
    FUZZ_CHECK(again.has_value());
    FUZZ_SAME(again->dump(), text);
    // Equal but for numbers that JSON has no text for, which print as null.
    FUZZ_CHECK(*again == value || text.find("null") != std::string::npos);
    FUZZ_CHECK(value == value || text.find("null") != std::string::npos);
    auto const sorted = value.canonical();
    FUZZ_SAME(Json::parse(sorted)->canonical(), sorted);
    FUZZ_CHECK(sorted.size() == text.size());
    TreeWriter tree;
    write(tree, value);
    FUZZ_SAME(tree.take().dump(), text);
}

void check_text(std::string_view text) {
    auto const value = Json::parse(text);
    auto const plain = parse_plain(text);
    FUZZ_CHECK(!plain || value);
    auto const full = parse_fully(text);
    if (plain) {
        FUZZ_CHECK(full.has_value());
        FUZZ_SAME(plain->dump(), full->dump());
        FUZZ_CHECK(*plain == *full);
    } else if (value && depth_of(*value) < max_json_depth) {
        FUZZ_CHECK(full.has_value());
        FUZZ_SAME(value->dump(), full->dump());
    }
    auto const end = scan_json(text);
    FUZZ_CHECK(RawJson::parse(std::string(text)).has_value() == value.has_value());
    if (end != std::string_view::npos) {
        FUZZ_CHECK(end <= text.size());
        FUZZ_CHECK(Json::parse(text.substr(0, end)).has_value());
    }
    FUZZ_CHECK(!value || text.find_first_not_of(" \t\r\n", end) == std::string_view::npos);
    if (value) {
        check_value(*value);
    }
}

void check_event(std::string_view payload) {
    auto const args = split_event(payload);
    auto const name = peek_event_name(payload);
    auto const value = Json::parse(payload);
    if (name && value) {
        FUZZ_CHECK((*value)[0].string() != nullptr);
        FUZZ_SAME(*(*value)[0].string(), std::string(*name));
    }
    if (args) {
        FUZZ_CHECK(value && value->size() == args->size() + 1);
        for (std::size_t i = 0; i < args->size(); ++i) {
            FUZZ_SAME(Json::parse((*args)[i])->dump(), (*value)[i + 1].dump());
        }
    } else {
        // One element is a level less, so what is exactly as deep as allowed is no exception.
        FUZZ_CHECK(!(name && value));
    }
}

void check_texts(std::string_view bytes) {
    std::string quoted;
    append_quoted(quoted, bytes);
    FUZZ_CHECK(is_valid_utf8(quoted));
    auto const read = Json::parse(quoted);
    FUZZ_CHECK(read && read->string());
    FUZZ_CHECK(!is_valid_utf8(bytes) || *read->string() == bytes);
    for (bool const ascii_only : {false, true}) {
        std::size_t simple = 0;
        for (; simple < bytes.size(); ++simple) {
            auto const byte = static_cast<unsigned char>(bytes[simple]);
            if (byte < 0x20 || byte == '"' || byte == '\\' || (ascii_only && byte >= 0x80)) {
                break;
            }
        }
        FUZZ_CHECK(unescaped_prefix(bytes, ascii_only) == simple);
    }
    auto const repaired = to_valid_utf8(bytes);
    FUZZ_CHECK(is_valid_utf8(repaired));
    FUZZ_CHECK(!is_valid_utf8(bytes) || repaired == bytes);
    auto const half = bytes.substr(0, bytes.size() / 2);
    auto const other = bytes.substr(bytes.size() / 2);
    FUZZ_CHECK(!utf16_less(bytes, bytes));
    FUZZ_CHECK(!(utf16_less(half, other) && utf16_less(other, half)));
    if (auto const time = parse_iso_time(bytes)) {
        FUZZ_CHECK(parse_iso_time(iso_time(*time)) == time);
    }
}

}  // namespace json_target

void json(Bytes bytes) {
    using namespace json_target;
    auto const input = Input(bytes).rest();
    check_texts(input);
    auto const text = engineio::net::replace_invalid_utf8(input);
    check_text(text);
    check_event(text);
}

}  // namespace fuzz
