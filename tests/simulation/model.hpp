#pragma once

#include "engineio/net/shard.hpp"
#include "socketio/disconnect_reason.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace simulation {

using TimePoint = engineio::net::Shard::TimePoint;

// One thing the server sends to one socket, as the client should see it.
struct Item {
    enum class Kind : std::uint8_t { welcome, event, ask, ack, goodbye };
    Kind kind = Kind::event;
    std::string text;             // all of the JSON but the offset and the last bracket
    std::string attachment = {};  // empty: none
    bool may_be_missing = false;  // volatile
    long entry = -1;              // in the log of its space, if it can be recovered
};

// One event on its way to a handler.
struct Request {
    std::string name;
    int number = 0;
    int a = 0;
    int b = 0;
};

// Whom a broadcast addresses.
struct Target {
    std::vector<std::string> rooms;
    std::vector<std::string> except;
};

// A connection of a client, as far as the server may end it for reasons of the client.
struct Lifeline {
    bool cut_by_client = false;
    bool garbage = false;  // the client sent some
    bool closed_by_server = false;
    bool settled_open = false;  // at the last check both sides had nothing left to do
    TimePoint settled;          // when that was
};

// The identity that outlives connections (recovery).
struct Session {
    std::string sid;
    std::string pid;
    long base = 0;             // entries before it are older than the session
    std::set<long> received;   // by the client
    std::set<long> passed_by;  // delivered on its shard while it was in other rooms
    int latest = 0;            // the token of the socket that has or had it last
    bool saved = false;
    bool given_up = false;  // it ended by somebody's disconnect()
    TimePoint saved_at;
    std::set<std::string> saved_rooms;
};

// One socket of one connection: what the server believes, and what its client does.
struct Member {
    int token = 0;
    std::string space;
    std::shared_ptr<Lifeline> line;
    std::shared_ptr<Session> session;

    // The server's side.
    unsigned shard = 0;
    bool connected = false;
    bool ended = false;
    bool kicked = false;  // some handler disconnects it
    long base = 0;        // the end of the log when it was admitted
    std::set<std::string> rooms;
    std::deque<Item> expected;  // sent, not yet seen by the client
    std::vector<long> missed;   // what recovery must bring
    int pending_later = 0;      // answers that wait for a while first
    int pending_questions = 0;

    // The client's side.
    std::deque<Request> requests;       // sent, not yet handled
    std::map<std::uint64_t, int> asks;  // acknowledgements awaited: id to number
    std::uint64_t next_id = 0;
    int next_number = 0;
    bool claims = false;  // came with pid and offset:
    std::string claimed_sid;
    long claimed_entry = 0;
    bool claim_is_good = false;  // when it was made
    bool welcomed = false;
    bool refused = false;  // CONNECT_ERROR
    bool left = false;     // said or heard goodbye
    std::set<long> missed_seen;
    long last_missed = -1;
};

struct Entry {
    Target target;
    TimePoint time;
};

// A namespace: the log of what can be recovered, and who is connected where.
struct Space {
    std::string name;
    std::vector<Entry> log;
    std::vector<std::vector<Member*>> members;           // per shard, in order of connecting
    std::vector<std::map<std::string, Member*>> owners;  // per shard: whose id is a room there
    std::map<std::string, std::shared_ptr<Session>> sessions;  // by sid
};

// What must be true. It hears from the server's handlers and from the clients and complains about
// the first thing that should not be.
class Model {
public:
    Model(unsigned shards, bool recovery, std::chrono::milliseconds max_absence)
        : shards_(shards), recovery_(recovery), max_absence_(max_absence) {}

    void complain(std::string what);
    std::string const& complaint() const { return complaint_; }
    bool recovery() const { return recovery_; }

    Space& space(std::string const& name);
    Member& make_member(std::string space, std::shared_ptr<Lifeline> line);
    Member* member(int token);
    // Members that both sides have forgotten.
    void sweep(TimePoint now);
    // Those that the server still counts as connected.
    std::size_t open_members() const;

    // The server.
    void admitted(Member& member, unsigned shard, std::string const& sid, bool recovered,
                  TimePoint now);
    void disconnecting(Member& member, socketio::DisconnectReason reason, TimePoint now);
    void disconnected(Member& member, socketio::DisconnectReason reason, TimePoint now);
    // False if the event must not be handled: complained about.
    bool handles(Member& member, Request const& request);
    long log(Space& space, Target target, TimePoint now);
    // A broadcast reaches one shard now; returns how many sockets there hear it.
    int delivered(Space& space, unsigned shard, Target const& target, Item const& item);
    std::vector<Member*> selected(Space& space, unsigned shard, Target const& target);

    // The client.
    void seen(Member& member, Item got, bool with_offset);
    void welcomed(Member& member, std::string const& sid, std::string const& pid);
    void check_settled(Member const& member, bool link_open);
    // Whether the server should know the session that the client claims, which is only said where
    // it is sure.
    bool must_recover(Member const& member, TimePoint now);

    long events = 0;  // all that clients have seen and handlers have handled
    long recoveries = 0;
    long recovered_events = 0;
    long disconnects = 0;
    std::map<std::string, long> reasons;

private:
    Member const* holder(Space& space, Session const& session) const;
    void seen_before_welcome(Member& member, Item const& got, bool with_offset);
    void check_reason(Member const& member, socketio::DisconnectReason reason, TimePoint now);
    bool matches(Target const& target, std::string const& sid, bool owner,
                 std::set<std::string> const& rooms) const;

    unsigned shards_;
    bool recovery_;
    std::chrono::milliseconds max_absence_;
    std::string complaint_;
    int next_token_ = 0;
    std::map<int, std::unique_ptr<Member>> members_;
    std::map<std::string, Space> spaces_;
};

}  // namespace simulation
