#pragma once

#include "engineio/engine.hpp"
#include "engineio/engine_group.hpp"
#include "engineio/net/http_server.hpp"
#include "engineio/net/shard.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "socketio/answer_gate.hpp"
#include "socketio/client_files.hpp"
#include "socketio/missed_messages.hpp"
#include "socketio/namespace.hpp"
#include "socketio/parent_namespace.hpp"
#include "socketio/parser.hpp"
#include "socketio/recovery.hpp"
#include "socketio/recovery_budget.hpp"
#include "socketio/recovery_file.hpp"
#include "socketio/server.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class Client;

/// What the parts of one server share. Owned by the Server; the shards' parts are used on their
/// shards only, the rest is fixed at listen() or guarded.
class Core final : public ClusterMember {
public:
    Core(Runtime& runtime, ServerOptions options);
    ~Core() override;
    Core(Core const&) = delete;
    Core& operator=(Core const&) = delete;

    Runtime& runtime() { return runtime_; }
    ServerOptions const& options() const { return options_; }
    Parser const& parser() const { return *options_.parser; }
    engineio::EngineGroup& engine() { return engine_; }
    unsigned shard_count() const { return runtime_.shard_count(); }

    /// The server this is the inside of; only there if the application made one.
    Server& server() const;
    void set_server(Server& server) { server_ = &server; }
    /// Null without a cluster.
    Adapter* adapter() const { return options_.adapter.get(); }
    /// For the functions that adapters call when the others have answered.
    std::shared_ptr<AnswerGate> const& answers() const { return answers_; }

    Namespace& of(std::string_view name, std::function<void(Namespace&)> const& set_up);
    ParentNamespace& of_matching(ParentNamespace::Admit admit, bool by_name);
    /// The namespace of that name, or null. Any thread.
    NamespacePtr find(std::string_view name);
    /// The namespace a client asks for: an existing one, or a child of the first family that
    /// admits it, or null. The caller then occupies it, for vacate() to be called once.
    NamespacePtr resolve(std::string const& name, Json const& auth);
    /// An occupant of a dynamic namespace has gone; the last one may take it with it.
    void vacate(Namespace& nsp);
    void on_new_namespace(std::function<void(Namespace&)> listener);
    std::vector<NamespacePtr> children_of(HandlerTable const& family);
    std::size_t namespace_count();

    /// ClusterMember: another server asks.
    void on_request(ClusterRequest request, std::function<void(Json)> reply) override;

    void on_engine_connection(std::function<void(Connection)> listener);
    void announce_connection(Client& client);
    void on_http(std::function<void(Request, Responder)> handler);
    /// Fixes the handlers and makes the shards' entrances: listen() without the listening.
    void open();
    std::uint16_t listen();
    std::uint16_t listen(Endpoint const& endpoint);
    /// Where the requests of a shard's connections go, once open(); for connections that no
    /// listener has accepted.
    engineio::net::HttpHandler& entrance(unsigned shard);
    void close();
    /// `told` runs once, when every client was told; false: it does already.
    void drain(engineio::net::DrainOptions const& options, std::function<void()> told);
    bool draining() const { return draining_; }
    std::size_t clients_count() const { return clients_.load(std::memory_order_relaxed); }
    bool listening() const { return listening_; }
    /// Some handler takes RawJson, so that decoders should ask which events to leave as text.
    bool has_raw_handlers() const { return has_raw_handlers_.load(std::memory_order_relaxed); }
    void note_raw_handlers(HandlerTable const& table);
    /// Hooks of the application run while packets are sent, so that recipients may join, leave
    /// and die meanwhile.
    bool has_send_hooks() const { return has_send_hooks_.load(std::memory_order_relaxed); }
    void note_send_hooks() { has_send_hooks_.store(true, std::memory_order_relaxed); }

    /// What the answers to all broadcasts of a shard take that it still waits for; there only.
    std::size_t& answer_bytes(unsigned shard) { return answer_bytes_[shard]; }

    /// For clients that come back to a shard; there only.
    MissedMessages& missed_messages(unsigned shard) { return missed_messages_[shard]; }

    /// Runs `task(shard)` on every shard for which `wanted(index)` is true: at once on the calling
    /// one, posted to the others. `bytes` is what the task holds, see Shard::post(). Any thread.
    void on_shards(std::function<bool(unsigned)> const& wanted,
                   std::function<void(engineio::net::Shard&)> const& task, std::size_t bytes = 0);

    /// Of the recoveries of all namespaces; null if that is off.
    std::shared_ptr<RecoveryBudget> const& recovery_budget() const { return recovery_budget_; }
    /// Calls forget() of that recovery then, and again as long as it wants that. Any thread.
    void forget_at(Recovery::TimePoint due, std::weak_ptr<Recovery> recovery);

    /// A new socket id; unrelated to the engine's.
    std::string new_socket_id();

    void add_client(Client& client, unsigned shard);
    void remove_client(Client& client, unsigned shard);

private:
    class Entrance;  // one shard's HttpHandler: client files, engine, application
    using ForgetTimers = std::map<std::weak_ptr<Recovery>, engineio::net::OneShot,
                                  std::owner_less<std::weak_ptr<Recovery>>>;

    NamespacePtr make_child(ParentNamespace& parent, std::string const& name, bool occupied);
    void announce(Namespace& nsp);
    void leave_cluster();
    void carry_out(ClusterRequest request, std::function<void(Json)> reply);
    void forget_at(Recovery::TimePoint due, std::weak_ptr<Recovery> recovery,
                   engineio::net::Shard& shard);
    void close_shard(engineio::net::Shard& shard);
    void bring_back(Namespace& nsp);
    void keep_recovery();
    void open_recovery_file();
    void forget_kept_recovery();
    std::size_t close_some(unsigned shard, std::size_t most);

    Runtime& runtime_;
    ServerOptions options_;
    engineio::EngineGroup engine_;  // outlives the entrances
    std::optional<ClientFiles> client_files_;
    std::shared_ptr<RecoveryBudget> const recovery_budget_;
    std::optional<RecoveryFile> recovery_file_;
    std::atomic<bool> recovery_kept_ = false;    // close() may be called again
    engineio::net::OneShot kept_recovery_ends_;  // of what was in the file
    std::function<void(Request, Responder)> fallback_;
    std::vector<std::unique_ptr<Entrance>> entrances_;
    std::vector<Client*> first_client_;            // per shard, a list through the clients
    std::vector<ForgetTimers> forgetting_;         // per shard
    std::vector<std::size_t> answer_bytes_;        // per shard
    std::vector<MissedMessages> missed_messages_;  // per shard
    std::atomic<std::size_t> clients_{0};
    std::atomic<std::uint32_t> id_counter_{0};
    std::atomic<bool> listening_{false};
    std::atomic<bool> closed_{false};
    std::atomic<bool> draining_{false};
    std::atomic<bool> has_raw_handlers_{false};
    std::atomic<bool> has_send_hooks_;
    Server* server_ = nullptr;
    std::shared_ptr<AnswerGate> const answers_ = std::make_shared<AnswerGate>();
    std::vector<std::function<void(Namespace&)>> new_namespace_;
    std::vector<std::function<void(Connection)>> engine_connection_;
    std::vector<std::unique_ptr<ParentNamespace>> families_;
    std::mutex namespaces_mutex_;  // guards what follows: namespaces come and go at run time
    std::vector<std::unique_ptr<Namespace>> permanent_;
    std::map<std::string, NamespacePtr, std::less<>> namespaces_;  // dynamic ones, too
    std::size_t dynamic_count_ = 0;
};

}  // namespace socketio
