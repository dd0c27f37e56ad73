#pragma once

#include "engineio/net/shard.hpp"
#include "socketio/disconnect_reason.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace simulation {

using TimePoint = engineio::net::Shard::TimePoint;

// Where clients go.
inline constexpr char const* space_names[] = {"/", "/b", "/dynamic-1", "/dynamic-2"};

// One thing the server sends to one socket, as the client should see it.
struct Item {
    enum class Kind : std::uint8_t { welcome, event, ask, ack, goodbye };
    Kind kind = Kind::event;
    std::string text;             // all of the JSON but the offset and the last bracket
    std::string attachment = {};  // empty: none
    bool may_be_missing = false;  // volatile
    long entry = -1;              // in the log of its space, if it can be recovered
    unsigned sender = 0;          // see Model::lane()
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

struct Member;

// Something that one shard, or none, does to sockets of all shards. Between open() and close() a
// shard does it; a socket that changes its rooms meanwhile may be concerned or not.
struct Cast {
    struct Part {
        std::vector<Member*> chosen;
        std::set<Member*> changed;  // since open()
    };
    Target target;
    Item item = {};
    bool is_sent = false;  // the item, to whom it concerns
    std::function<void(Member&)> may = {};
    std::function<void(Member&)> must = {};  // behind it
    std::vector<bool> told = {};             // shards where somebody was connected
    std::map<unsigned, Part> parts = {};     // by shard
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
    long touched = -1;         // the burst of its last beginning or end
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
    bool kicked = false;   // some handler disconnects it
    long leaving = 0;      // stamp; its shard's thread only
    long base = 0;         // what was logged since it was admitted is for it
    long base_low = 0;     // what was logged before this is not
    bool unclear = false;  // it came back in the very moment its last connection ended
    std::set<std::string> rooms;
    std::deque<Item> expected;  // sent, not yet seen by the client
    std::vector<long> missed;   // what recovery must bring
    std::vector<long> either;   // missed or live, that depends on the threads
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
    std::map<unsigned, long> last_missed;  // by sender
};

struct Entry {
    Target target;
    TimePoint time;
    unsigned sender;
};

// A namespace: the log of what can be recovered, and who is connected where.
struct Space {
    std::string name;
    std::map<long, Entry> log;
    std::vector<std::vector<Member*>> members;           // per shard, in order of connecting
    std::vector<std::map<std::string, Member*>> owners;  // per shard: whose id is a room there
    std::map<std::string, std::shared_ptr<Session>> sessions;  // by sid
    std::vector<std::vector<std::shared_ptr<Cast>>> open;      // per shard
};

std::string label(Member const& member);

// What must be true. It hears from the server's handlers and from the clients and complains about
// the first thing that should not be.
//
// While shards run at the same time (a burst), handlers only note what they do, each thread in a
// list of its own, and the model hears of it afterwards in the order of the stamps. Nothing here
// makes one thread wait for another, and the stamps are relaxed: TSan must not take the model's
// order for the server's.
class Model {
public:
    Model(unsigned shards, bool recovery, std::chrono::milliseconds max_absence, bool parallel);

    void complain(std::string what);
    std::string const& complaint() const { return complaint_; }
    bool recovery() const { return recovery_; }
    bool parallel() const { return parallel_; }

    // Any thread. Later ones are greater, as far as threads know of each other.
    long stamp() { return next_stamp_.fetch_add(1, std::memory_order_relaxed); }
    // Any thread. Tells the model something: now, or after the burst.
    void note(long stamp, std::function<void()> what);
    void note(std::function<void()> what) { note(stamp(), std::move(what)); }
    // Whose events are in order: a shard's, or those of no shard. All in one, without threads.
    unsigned lane() const;
    // Nothing, without threads.
    void begin_burst();
    void end_burst();

    // Of the four there are; any thread.
    Space& space(std::string const& name) { return spaces_.at(name); }
    Member& make_member(std::string space, std::shared_ptr<Lifeline> line);
    Member* member(int token);
    // Members that both sides have forgotten.
    void sweep(TimePoint now);
    // Those that the server still counts as connected.
    std::size_t open_members() const;

    // The server.
    struct Arrival {
        long stamp;
        unsigned shard;
        std::string sid;
        bool recovered;
        std::set<std::string> rooms;
    };
    void admitted(Member& member, Arrival const& arrival, TimePoint now);
    void disconnecting(Member& member, socketio::DisconnectReason reason, TimePoint now);
    void disconnected(Member& member, socketio::DisconnectReason reason, TimePoint now);
    // False if the event must not be handled: complained about.
    bool handles(Member& member, Request const& request);
    void log(Space& space, Item const& item, Target target, TimePoint now);
    // One shard is about to do it; it has done it.
    void open(Space& space, unsigned shard, std::shared_ptr<Cast> const& cast);
    void close(Space& space, unsigned shard, std::shared_ptr<Cast> const& cast);
    // The member is in other rooms than before.
    void changed(Member& member);
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
    enum class Hears : std::uint8_t { no, maybe, yes };
    struct Note {
        long stamp;
        std::function<void()> what;
    };

    unsigned sender_of(Member const& member) const { return parallel_ ? member.shard : 0; }
    Hears hears(Member const& member, Cast const& cast) const;
    bool is_selected(Space& space, Member const& member, Target const& target);
    void choose(Cast& cast, Member& member);
    void change(Cast& cast, Member& member);
    void resumed(Space& space, Member& member, Session& session, TimePoint now);
    void collect_missed(Space& space, Member& member, Session& session);
    Member const* holder(Space& space, Session const& session) const;
    void seen_before_welcome(Member& member, Item const& got, bool with_offset);
    void check_reason(Member const& member, socketio::DisconnectReason reason, TimePoint now);
    bool matches(Target const& target, std::string const& sid, bool owner,
                 std::set<std::string> const& rooms) const;

    unsigned shards_;
    bool recovery_;
    std::chrono::milliseconds max_absence_;
    bool parallel_;
    bool racing_ = false;     // a burst is on
    bool replaying_ = false;  // it is told of
    long burst_ = 0;
    long burst_begin_ = 0;  // stamp
    std::atomic<long> next_stamp_{1};
    std::vector<std::vector<Note>> notes_;  // per lane
    std::string complaint_;
    int next_token_ = 0;
    std::map<int, std::unique_ptr<Member>> members_;
    std::map<std::string, Space> spaces_;
};

}  // namespace simulation
