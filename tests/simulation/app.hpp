#pragma once

#include "socketio/namespace.hpp"
#include "tests/simulation/machine.hpp"
#include "tests/simulation/model.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>

namespace simulation {

// What clients and server know of each other's events.
inline constexpr int room_count = 6;
std::string room_name(int number);
// What stands for event number so and so; long every now and then.
std::string padding(long number);
std::string attachment(long number);

// The application on the server: handlers that do what their events say and tell the model of it
// first.
class App {
public:
    App(Machine& machine, Model& model) : machine_(machine), model_(model) {}

    // Registers everything for the namespace, or the family of them.
    void serve(socketio::HandlerRegistry& registry);

    // What the server does by itself, in a turn of that shard or in none (of_shard < 0).
    void broadcast(std::string const& space, int of_shard, Dice& dice);

    std::size_t open_questions() const { return questions_.size(); }
    long answered() const { return answered_; }
    // The client of that token sends the answer to a question.
    void client_answers(int question, int token);
    // Nobody has anything to do: these answers must have arrived, or been given up.
    void check_answers();

private:
    struct Question {
        TimePoint until;        // the server waits so long
        std::set<int> asked;    // tokens of those who may have heard it
        std::size_t least = 0;  // so many have
        std::set<int> answers;  // of those whose clients have sent one
    };
    // What has come back of a question to a room.
    struct Result {
        std::set<int> replies;
        std::size_t given = 0;
        std::size_t missing = 0;
        bool in_time = false;
    };

    Member* member_of(socketio::Socket& socket);
    Member* begin(socketio::Socket& socket, Request const& request);
    void add_rooms(socketio::HandlerRegistry& registry);
    void add_answers(socketio::HandlerRegistry& registry);
    void add_broadcasts(socketio::HandlerRegistry& registry);
    void add_ends(socketio::HandlerRegistry& registry);
    void watch(socketio::HandlerRegistry& registry);

    void expect(Member& member, Item item, long stamp);
    void tell(socketio::Socket& socket, Member& member, int form);
    void cast(socketio::Namespace& nsp, socketio::BroadcastOperator const& to, Target target,
              bool is_volatile);
    void around(Space& space, std::shared_ptr<Cast> const& cast,
                std::function<void()> const& action);
    void on_each_shard(std::function<void(unsigned)> const& what);
    void herd(Space& space, socketio::Namespace& nsp, bool join, std::string const& from, int to);
    socketio::Task<void> ask_one(socketio::Socket& socket, int patience);
    socketio::Task<void> ask_room(socketio::Socket& socket, Target target, int patience);
    void check_room_answer(int number, Result const& result);

    Machine& machine_;
    Model& model_;
    std::map<int, Question> questions_;
    long answered_ = 0;
};

}  // namespace simulation
