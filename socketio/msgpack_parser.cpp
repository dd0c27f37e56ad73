#include "socketio/msgpack_parser.hpp"

#include <utility>

namespace socketio {
namespace {

DecodeResult check_packet(Json tree) {
    auto const type = tree["type"].integer();
    if (!tree.is_object() || !type || *type < 0 || *type > 4) {
        return DecodeResult::failure("invalid packet type");
    }
    Packet packet;
    packet.type = static_cast<PacketType>(*type);
    std::string const* const nsp = tree["nsp"].string();
    if (!nsp || !nsp->starts_with('/')) {
        return DecodeResult::failure("invalid namespace");
    }
    packet.nsp = *nsp;
    Json* const data = tree.object_members()->find("data");
    if (!is_valid_payload(packet.type, data)) {
        return DecodeResult::failure("invalid payload");
    }
    if (Json const* const id = tree.object_members()->find("id")) {
        auto const number = id->integer();
        if (!number || *number < 0 || std::cmp_greater(*number, max_packet_id)) {
            return DecodeResult::failure("invalid packet id");
        }
        packet.id = static_cast<std::uint64_t>(*number);
    }
    if (data) {
        packet.data = std::move(*data);
        packet.has_data = true;
    }
    return DecodeResult::complete(std::move(packet));
}

}  // namespace

DecodeResult MsgpackDecoder::on_text(std::string_view) {
    return DecodeResult::failure("got a text message, but MessagePack packets are binary");
}

DecodeResult MsgpackDecoder::on_binary(std::string_view bytes) {
    bool too_deep = false;
    auto tree = parse_msgpack(bytes, max_depth_, &too_deep);
    if (too_deep) {
        return DecodeResult::exceeded("max_json_depth", "payload nested too deep");
    }
    if (!tree) {
        return DecodeResult::failure("Could not parse");
    }
    return check_packet(std::move(*tree));
}

EncodedPacket MsgpackParser::encode(PacketType type, std::string_view nsp,
                                    std::optional<std::uint64_t> id, PayloadRef data) const {
    EncodedPacket encoded;
    encoded.binary_main = true;
    MsgpackWriter writer(encoded.main);
    auto const put_id = [&] {
        if (id) {
            writer.key("id");
            writer.integer(static_cast<std::int64_t>(*id));
        }
    };
    auto const put_nsp = [&] {
        writer.key("nsp");
        writer.string(nsp);
    };
    // Readers don't care, but the order of the keys is the one in which Node's server happens to
    // build each kind of packet, so that captures compare byte by byte.
    bool const id_first = type == PacketType::ack;
    bool const nsp_before_data = type == PacketType::connect_error;
    writer.begin_object(2U + (id ? 1U : 0U) + (data ? 1U : 0U));
    if (id_first) {
        put_id();
    }
    writer.key("type");
    writer.integer(static_cast<std::int64_t>(type));
    if (nsp_before_data) {
        put_nsp();
    }
    if (data) {
        writer.key("data");
        data(writer);
    }
    if (!id_first) {
        put_id();
    }
    if (!nsp_before_data) {
        put_nsp();
    }
    return encoded;
}

std::unique_ptr<Decoder> MsgpackParser::make_decoder() const {
    return std::make_unique<MsgpackDecoder>();
}

std::shared_ptr<Parser const> msgpack_parser() {
    static auto const parser = std::make_shared<MsgpackParser const>();
    return parser;
}

}  // namespace socketio
