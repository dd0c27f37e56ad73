#pragma once

#include "socketio/json.hpp"
#include "socketio/json_codec.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace socketio {

// What the connection state recovery of one namespace knows, as it is kept while the server is
// down. Times are milliseconds since 1970, as they must mean something to another process.
struct RecoveryState {
    struct Event {
        std::string offset;
        std::int64_t time;
        std::vector<std::string> rooms;
        std::vector<std::string> except;
        bool binary_main;
        Binary main;
        std::vector<Binary> attachments;
        SIO_JSON(Event, offset, time, rooms, except, binary_main, main, attachments)
    };
    struct Session {
        std::string sid;
        std::string pid;
        std::vector<std::string> rooms;
        Binary data;  // MessagePack: however deep it is, the rest can be read
        std::int64_t time;
        std::uint64_t shard;  // index in `deviations`
        std::uint64_t base;
        std::uint64_t last;
        std::uint64_t heard_low;
        std::vector<std::uint64_t> heard_beyond;
        SIO_JSON(Session, sid, pid, rooms, data, time, shard, base, last, heard_low, heard_beyond)
    };
    struct Deviation {
        std::uint64_t position;
        std::uint64_t low;  // after its delivery
        SIO_JSON(Deviation, position, low)
    };

    std::string name;
    std::uint64_t first_position;
    std::uint64_t stamp;
    std::uint64_t repeats;
    std::vector<Event> events;
    std::vector<Session> sessions;
    std::vector<std::vector<Deviation>> deviations;  // per shard of the process that wrote it
    SIO_JSON(RecoveryState, name, first_position, stamp, repeats, events, sessions, deviations)
};

}  // namespace socketio
