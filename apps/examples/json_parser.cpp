// A wire form of one's own: each packet is one JSON object, as easy to read in a log as
//   {"type":2,"nsp":"/","id":0,"data":["echo","hi"]}
// The client's half is a few lines, too: see tests/conformance/examples.test.mjs. It knows no
// attachments, so binaries travel as Node's Buffer prints. Usage: example-json-parser [port]
//   echo (anything…)   → ack with the same
//   shout (text)       → event "shout" (text) to everybody
#include "socketio/socketio.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

using namespace socketio;

namespace {

// What a client says; SIO_JSON checks the types.
struct Envelope {
    std::uint8_t type = 0;
    std::string nsp;
    std::optional<std::uint64_t> id;
    std::optional<Json> data;
    SIO_JSON(Envelope, type, nsp, id, data)
};

class JsonDecoder final : public Decoder {
public:
    DecodeResult on_text(std::string_view text) override {
        auto const json = Json::parse(text);
        Envelope said;
        if (!json || !read_value(*json, said)) {
            return DecodeResult::failure("this is no packet");
        }
        // Whatever a stranger sends must not get further than here.
        auto const type = static_cast<PacketType>(said.type);
        if (type > PacketType::connect_error || !said.nsp.starts_with('/') ||
            said.id.value_or(0) > max_packet_id ||
            !is_valid_payload(type, said.data ? &*said.data : nullptr)) {
            return DecodeResult::failure("this packet makes no sense");
        }
        bool const has_data = said.data.has_value();
        return DecodeResult::complete({.type = type,
                                       .nsp = std::move(said.nsp),
                                       .id = said.id,
                                       .data = has_data ? std::move(*said.data) : Json(),
                                       .has_data = has_data});
    }
    DecodeResult on_binary(std::string_view) override {
        return DecodeResult::failure("binary messages are not spoken here");
    }
};

class JsonParser final : public Parser {
public:
    EncodedPacket encode(PacketType type, std::string_view nsp, std::optional<std::uint64_t> id,
                         PayloadRef data) const override {
        EncodedPacket packet;
        TextWriter writer(packet.main);
        writer.begin_object(std::size_t{2} + (id ? 1 : 0) + (data ? 1 : 0));
        writer.key("type");
        writer.integer(static_cast<int>(type));
        writer.key("nsp");
        writer.string(nsp);
        if (id) {
            writer.key("id");
            writer.integer(static_cast<std::int64_t>(*id));
        }
        if (data) {
            writer.key("data");
            data(writer);
        }
        writer.end_object();
        return packet;
    }
    std::unique_ptr<Decoder> make_decoder() const override {
        return std::make_unique<JsonDecoder>();
    }
};

}  // namespace

int main(int argc, char** argv) {
    auto const port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 3000);
    Server io{{.port = port, .parser = std::make_shared<JsonParser>()}};
    io.on("echo", [](Args values, Ack<Args> ack) { ack(values); });
    io.on("shout", [&io](std::string text) { io.emit("shout", text); });
    std::cout << "READY " << io.listen() << std::endl;
    io.close_on_signals();
    io.run();
}
