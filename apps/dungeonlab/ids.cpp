#include "apps/dungeonlab/ids.hpp"

#include "engineio/net/text.hpp"
#include "socketio/json_text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace apps::dungeonlab {

std::string object_id() {
    constexpr std::size_t id_bytes = 12;
    std::string id;
    for (char const byte : engineio::net::random_bytes(id_bytes)) {
        id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    }
    return id;
}

std::string slug_of(std::string_view name) {
    std::string slug;
    for (char const c : engineio::net::to_lower(name)) {
        bool const plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain) {
            slug += c;
        } else if (c == ' ' && !slug.empty() && slug.back() != '-') {
            slug += '-';
        }
    }
    return slug.empty() ? "document" : slug;
}

std::string iso_of(std::int64_t milliseconds) {
    return socketio::iso_time(socketio::IsoTime(std::chrono::milliseconds(milliseconds)));
}

}  // namespace apps::dungeonlab
