#include "apps/common/envelope.hpp"

#include "engineio/limits.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace envelope_test {

using namespace apps::common;
using socketio::Json;
using socketio::PayloadRef;

namespace {

Envelope fuse() {
    return Envelope::nested("payload").with_timestamp().with_message_id().with_priority(2);
}

std::string encoded(Envelope const& envelope, std::string_view type, Json const& payload,
                    Outbound const& meta = {}) {
    std::string out;
    auto const write = [&](socketio::Writer& writer) { socketio::write(writer, payload); };
    envelope.encode(out, type, PayloadRef(write), meta);
    return out;
}

std::optional<Fault> fault_of(Envelope const& envelope, std::string_view text) {
    Inbound message;
    return envelope.decode(text, message);
}

}  // namespace

TEST_CASE("a flat envelope has the type beside the fields") {
    Inbound message;
    CHECK_FALSE(Envelope::flat().decode(R"({"type":"ping","timestamp":"now"})", message));
    CHECK(message.type == "ping");
    CHECK(message.payload["timestamp"] == "now");
    CHECK(encoded(Envelope::flat(), "pong", Json::object({{"timestamp", nullptr}})) ==
          R"({"type":"pong","timestamp":null})");
    CHECK(encoded(Envelope::flat(), "ready", Json::object()) == R"({"type":"ready"})");
}

TEST_CASE("a flat envelope with request ids echoes them") {
    auto const envelope = Envelope::flat().with_id("id");
    Inbound message;
    CHECK_FALSE(envelope.decode(R"({"id":"r-1","type":"subscribe"})", message));
    CHECK(message.id == "r-1");
    Outbound meta;
    meta.id = message.id;
    CHECK(encoded(envelope, "subscribed", Json::object({{"channel_id", "c"}}), meta) ==
          R"({"id":"r-1","type":"subscribed","channel_id":"c"})");
    CHECK(encoded(envelope, "pong", Json::object()) == R"({"type":"pong"})");
    CHECK(fault_of(envelope, R"({"id":7,"type":"ping"})") == Fault::invalid_envelope);
}

TEST_CASE("a nested envelope carries payload, timestamp, message id and priority") {
    Inbound message;
    CHECK_FALSE(fuse().decode(
        R"({"type":"joinRoom","payload":{"roomId":"r"},"timestamp":12.5,"messageId":"m","priority":0})",
        message));
    CHECK(message.type == "joinRoom");
    CHECK(message.payload == Json::object({{"roomId", "r"}}));
    CHECK(message.timestamp == 12.5);
    CHECK(message.message_id == "m");
    CHECK(message.priority == 0);

    Outbound meta{"m-1", {}, 4, 1700000000000};
    CHECK(
        encoded(fuse(), "healthUpdate", Json::object({{"status", "ok"}}), meta) ==
        R"({"type":"healthUpdate","payload":{"status":"ok"},"timestamp":1700000000000,"messageId":"m-1","priority":4})");
}

TEST_CASE("what a client leaves out or sends as null is absent") {
    for (
        auto const* text :
        {R"({"type":"joinRoom"})",
         R"({"type":"joinRoom","payload":null,"timestamp":null,"messageId":null,"priority":null})"}) {
        Inbound message;
        CHECK_FALSE(fuse().decode(text, message));
        CHECK(message.payload.is_null());
        CHECK_FALSE(message.timestamp);
        CHECK(message.message_id.empty());
        CHECK_FALSE(message.priority);
    }
}

TEST_CASE("every fault of a message has its name") {
    CHECK(fault_of(fuse(), "") == Fault::not_json);
    CHECK(fault_of(fuse(), "{") == Fault::not_json);
    CHECK(fault_of(fuse(), R"({"type":"a",})") == Fault::not_json);
    CHECK(fault_of(fuse(), "[]") == Fault::not_an_object);
    CHECK(fault_of(fuse(), "null") == Fault::not_an_object);
    CHECK(fault_of(fuse(), "{}") == Fault::no_type);
    CHECK(fault_of(fuse(), R"({"type":""})") == Fault::no_type);
    CHECK(fault_of(fuse(), R"({"type":{"a":1}})") == Fault::no_type);
    for (auto const* member : {R"("timestamp":"now")", R"("messageId":1)", R"("priority":5)",
                               R"("priority":-1)", R"("priority":1.5)", R"("priority":"high")"}) {
        CAPTURE(member);
        CHECK(fault_of(fuse(), R"({"type":"a",)" + std::string(member) + "}") ==
              Fault::invalid_envelope);
    }
    std::string const longest(engineio::limits::max_message_id_bytes, 'x');
    CHECK_FALSE(fault_of(fuse(), R"({"type":"a","messageId":")" + longest + "\"}"));
    CHECK(fault_of(fuse(), R"({"type":"a","messageId":")" + longest + "x\"}") ==
          Fault::invalid_envelope);
}

TEST_CASE("a faulty message can still be named in the answer") {
    Inbound message;
    CHECK(fuse().decode(R"({"messageId":"m-7","priority":9,"type":"task"})", message) ==
          Fault::invalid_envelope);
    CHECK(message.message_id == "m-7");
    CHECK(message.type == "task");
}

TEST_CASE("faults have texts of their own") {
    std::set<std::string_view> texts;
    for (auto const fault :
         {Fault::binary, Fault::not_json, Fault::not_an_object, Fault::no_type,
          Fault::invalid_envelope, Fault::unknown_type, Fault::invalid_payload}) {
        texts.insert(fault_text(fault));
    }
    CHECK(texts.size() == 7);
}

}  // namespace envelope_test
