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
        std::set<int> asked;    // tokens of those who heard it
        std::set<int> answers;  // of those whose clients have sent one
    };

    Member* member_of(socketio::Socket& socket);
    Member* begin(socketio::Socket& socket, Request const& request);
    void add_rooms(socketio::HandlerRegistry& registry);
    void add_answers(socketio::HandlerRegistry& registry);
    void add_broadcasts(socketio::HandlerRegistry& registry);
    void add_ends(socketio::HandlerRegistry& registry);
    void watch(socketio::HandlerRegistry& registry);

    void tell(socketio::Socket& socket, Member& member, int form);
    void cast(socketio::Namespace& nsp, socketio::BroadcastOperator const& to, Target target,
              bool is_volatile);
    void on_each_shard(std::function<void(unsigned)> const& note);
    socketio::Task<void> ask_one(socketio::Socket& socket, int patience);
    socketio::Task<void> ask_room(socketio::Socket& socket, Target target, int patience);

    Machine& machine_;
    Model& model_;
    std::map<int, Question> questions_;
    int next_question_ = 0;
    long answered_ = 0;
};

}  // namespace simulation
