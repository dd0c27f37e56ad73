#include "apps/conformance/values.hpp"

#include <algorithm>
#include <cstdint>

namespace conformance {

using socketio::Binary;
using socketio::Json;

namespace {

std::int64_t adler32(std::string_view bytes) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (char const byte : bytes) {
        a = (a + static_cast<unsigned char>(byte)) % 65521;
        b = (b + a) % 65521;
    }
    return static_cast<std::int64_t>(b) * 65536 + a;
}

Json describe_object(Json::Object const& members) {
    Json::Array pairs;
    for (auto const& [key, value] : members) {
        pairs.push_back(Json::array({key, describe(value)}));
    }
    std::ranges::sort(pairs,
                      [](Json const& a, Json const& b) { return *a[0].string() < *b[0].string(); });
    return Json::object({{"obj", std::move(pairs)}});
}

}  // namespace

Json describe(Json const& value) {
    if (value.is_bool()) {
        return "boolean";
    }
    if (value.is_number()) {
        return "number";
    }
    if (auto const* text = value.string()) {
        return Json::object({{"str", text->size()}});
    }
    if (auto const* binary = value.binary()) {
        return Json::object({{"bin", binary->bytes.size()}, {"adler", adler32(binary->bytes)}});
    }
    if (auto const* items = value.array_items()) {
        Json::Array shapes;
        for (auto const& item : *items) {
            shapes.push_back(describe(item));
        }
        return Json::object({{"arr", std::move(shapes)}});
    }
    if (auto const* members = value.object_members()) {
        return describe_object(*members);
    }
    return "null";
}

Binary pattern(std::size_t size) {
    Binary binary;
    binary.bytes.resize(size);
    for (std::size_t i = 0; i < size; ++i) {
        binary.bytes[i] = static_cast<char>(i % 251);
    }
    return binary;
}

std::vector<std::string> strings(Json const& value) {
    std::vector<std::string> list;
    if (auto const* text = value.string()) {
        list.push_back(*text);
    } else if (auto const* items = value.array_items()) {
        for (auto const& item : *items) {
            if (auto const* name = item.string()) {
                list.push_back(*name);
            }
        }
    }
    return list;
}

std::vector<Json> awkward_values() {
    auto const nested = Json::array({1, Json::object({{"c", nullptr}})});
    return {nullptr,
            true,
            false,
            0,
            -1,
            1.5,
            -2.25e-7,
            1e21,
            9007199254740991,
            "",
            "h\u00e9llo \u20ac \U0001F600",
            std::string("\0\x1f\"\\/\u2028", 8),
            Json::array(),
            Json::object(),
            Json::array({Json::array({Json::array()})}),
            Json::object({{"", 0}, {"a b", nested}})};
}

}  // namespace conformance
