#include "socketio/packet.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace socketio {

void Packet::parse_raw() {
    Json::Array items{Json(raw->name)};
    for (auto const& text : raw->args) {
        items.push_back(Json::parse(text).value_or(Json()));
    }
    data = Json(std::move(items));
    raw.reset();
}

std::size_t EncodedPacket::bytes() const {
    auto sum = main.size();
    for (auto const& attachment : attachments) {
        sum += attachment.size();
    }
    return sum;
}

bool is_reserved_event(std::string_view name) {
    constexpr std::array<std::string_view, 6> reserved{
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    };
    // The first letter tells nearly always: this is asked twice for each event.
    bool const may_be = !name.empty() && std::string_view("cdnr").find(name[0]) != name.npos;
    return may_be && std::ranges::find(reserved, name) != reserved.end();
}

bool is_valid_payload(PacketType type, Json const* data) {
    switch (type) {
    case PacketType::connect:
        return !data || data->is_object();
    case PacketType::disconnect:
        return !data;
    case PacketType::connect_error:
        return data && (data->is_string() || data->is_object());
    case PacketType::event:
    case PacketType::binary_event: {
        if (!data || data->size() == 0 || !data->is_array()) {
            return false;
        }
        Json const& name = (*data)[0];
        return name.is_number() || (name.is_string() && !is_reserved_event(*name.string()));
    }
    case PacketType::ack:
    case PacketType::binary_ack:
        return data && data->is_array();
    }
    return false;
}

}  // namespace socketio
