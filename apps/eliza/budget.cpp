#include "apps/eliza/budget.hpp"

#include <string>

namespace apps::eliza {

using socketio::Json;

namespace {

// Ids, times and the names of the fields.
constexpr std::size_t record_bytes = 768;

}  // namespace

std::size_t text_weight(std::string_view text) {
    constexpr std::size_t longest_escape = 6;  // \u0001
    auto const escaped = std::count_if(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
    });
    return text.size() + static_cast<std::size_t>(escaped) * (longest_escape - 1);
}

std::size_t weight_of(Json const& json) {
    auto bytes = sizeof(Json);
    if (auto const* text = json.string()) {
        bytes += text_weight(*text);
    } else if (auto const* items = json.array_items()) {
        for (auto const& item : *items) {
            bytes += weight_of(item);
        }
    } else if (auto const* members = json.object_members()) {
        for (auto const& [name, value] : *members) {
            bytes += sizeof(std::string) + text_weight(name) + weight_of(value);
        }
    }
    return bytes;
}

std::size_t weight_of(Server const& server) {
    return record_bytes + text_weight(server.name) + text_weight(server.source_type) +
           weight_of(server.metadata);
}

std::size_t weight_of(Channel const& channel) {
    return record_bytes + text_weight(channel.name) + weight_of(channel.metadata);
}

std::size_t weight_of(Message const& message) {
    return record_bytes + text_weight(message.author_name) + text_weight(message.content) +
           text_weight(message.source_type) + message.metadata.text().size();
}

}  // namespace apps::eliza
