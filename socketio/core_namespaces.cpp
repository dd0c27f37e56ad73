// Which namespaces there are: made by the application, or by clients within the application's
// families of dynamic ones.

#include "engineio/guard.hpp"
#include "engineio/limits.hpp"
#include "socketio/core.hpp"
#include "socketio/recovery.hpp"
#include "socketio/room_census.hpp"

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>
#include <vector>

namespace socketio {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

std::string normalised(std::string_view name) {
    return name.starts_with('/') ? std::string(name) : "/" + std::string(name);
}

// By a client, on its shard, or by the application, on any thread.
template <class F>
void guarded_anywhere(std::string_view what, F call) {
    try {
        call();
    } catch (std::exception const& error) {
        engineio::tell_threw("socketio", what, error.what());
    } catch (...) {
        engineio::tell_threw("socketio", what, {});
    }
}

}  // namespace

Namespace& Core::of(std::string_view given, std::function<void(Namespace&)> const& set_up) {
    auto const name = normalised(given);
    NamespacePtr found;
    {
        std::lock_guard const lock(namespaces_mutex_);
        if (auto const at = namespaces_.find(name); at != namespaces_.end()) {
            found = at->second;
            found->pinned_ = true;
        }
    }
    for (auto const& family : families_) {
        if (!found && family->by_name_ && family->admit_(name, Json::object())) {
            found = make_child(*family, name, false);
        }
    }
    if (found) {
        if (set_up) {
            set_up(*found);
        }
        return *found;
    }
    if (listening_ && !set_up) {
        throw std::logic_error("namespace " + name +
                               " must be made before the server listens, or "
                               "with of(name, set_up)");
    }
    // Set up before anybody can see it: from then on its handlers are read without locks.
    auto made = std::make_unique<Namespace>(*this, name, std::make_shared<HandlerTable>());
    if (set_up) {
        set_up(*made);
    }
    if (listening_) {
        made->freeze();
    }
    Namespace* const fresh = made.get();
    {
        std::lock_guard const lock(namespaces_mutex_);
        auto const [at, is_new] = namespaces_.try_emplace(name, fresh);
        if (!is_new) {
            return *at->second;  // another thread was quicker
        }
        permanent_.push_back(std::move(made));
        bring_back(*fresh);
    }
    announce(*fresh);
    return *fresh;
}

ParentNamespace& Core::of_matching(ParentNamespace::Admit admit, bool by_name) {
    if (listening_) {
        throw std::logic_error("dynamic namespaces must be declared before the server listens");
    }
    return *families_.emplace_back(
        std::make_unique<ParentNamespace>(*this, std::move(admit), by_name));
}

NamespacePtr Core::find(std::string_view name) {
    std::lock_guard const lock(namespaces_mutex_);
    auto const found = namespaces_.find(name);
    return found == namespaces_.end() ? nullptr : found->second;
}

NamespacePtr Core::resolve(std::string const& name, Json const& auth) {
    {
        std::lock_guard const lock(namespaces_mutex_);
        if (auto const found = namespaces_.find(name); found != namespaces_.end()) {
            found->second->occupants_ += found->second->is_child_;
            return found->second;
        }
    }
    if (name.size() > engineio::limits::max_dynamic_name_bytes) {
        return nullptr;
    }
    for (auto const& family : families_) {
        bool admitted = false;
        guarded_anywhere("a dynamic namespace", [&] { admitted = family->admit_(name, auth); });
        if (admitted) {
            return make_child(*family, name, true);
        }
    }
    return nullptr;
}

// By a client (`occupied`) or by the application, which may keep a reference to it for ever.
NamespacePtr Core::make_child(ParentNamespace& parent, std::string const& name, bool occupied) {
    NamespacePtr child;
    {
        std::lock_guard const lock(namespaces_mutex_);
        auto const found = namespaces_.find(name);  // another shard may have made it meanwhile
        bool const is_new = found == namespaces_.end();
        if (is_new && occupied && dynamic_count_ >= options_.limits.max_dynamic_namespaces) {
            if (auto* const shard = engineio::net::Shard::current()) {
                shard->limit_hit("max_dynamic_namespaces", name);
            }
            return nullptr;
        }
        child =
            is_new ? NamespacePtr(new Namespace(*this, name, parent.table_, true)) : found->second;
        child->occupants_ += occupied && child->is_child_;
        child->pinned_ |= !occupied;
        if (!is_new) {
            return child;
        }
        namespaces_.emplace(name, child);
        ++dynamic_count_;
        bring_back(*child);
    }
    announce(*child);
    return child;
}

void Core::vacate(Namespace& nsp) {
    std::lock_guard const lock(namespaces_mutex_);
    if (--nsp.occupants_ > 0 || nsp.pinned_ || !options_.cleanup_empty_child_namespaces) {
        return;
    }
    auto const found = namespaces_.find(nsp.name());
    if (found != namespaces_.end() && found->second == &nsp) {
        // The caller's socket still refers to it: nothing is destroyed under the lock.
        namespaces_.erase(found);
        --dynamic_count_;
    }
}

std::vector<NamespacePtr> Core::children_of(HandlerTable const& family) {
    std::vector<NamespacePtr> children;
    std::lock_guard const lock(namespaces_mutex_);
    for (auto const& [name, nsp] : namespaces_) {
        if (&nsp->handlers() == &family) {
            children.push_back(nsp);
        }
    }
    return children;
}

// What was kept of a namespace when another server ended, before anybody can come to it.
void Core::bring_back(Namespace& nsp) {
    if (auto kept = recovery_file_ ? recovery_file_->take(nsp.name()) : std::nullopt) {
        nsp.recovery_->restore(steady_clock::now(), system_clock::now(), *std::move(kept));
    }
}

// When no socket is left.
void Core::keep_recovery() {
    if (!recovery_file_ || recovery_kept_.exchange(true)) {
        return;
    }
    std::vector<RecoveryState> states;
    {
        std::lock_guard const lock(namespaces_mutex_);
        for (auto const& [name, nsp] : namespaces_) {
            states.push_back(nsp->recovery_->state(steady_clock::now(), system_clock::now()));
            states.back().name = name;
        }
    }
    recovery_file_->write(std::move(states), system_clock::now());
}

// Reads the file, if there is one, and lets go of what was in it and nobody has asked for in time.
void Core::open_recovery_file() {
    auto const& recovery = options_.connection_state_recovery;
    if (recovery && !recovery->file.empty()) {
        recovery_file_.emplace(recovery->file, recovery->max_disconnection_duration,
                               system_clock::now());
    }
}

void Core::forget_kept_recovery() {
    if (!recovery_file_ || recovery_file_->forget(system_clock::now())) {
        return;
    }
    runtime_.shard(0).post([this] {
        auto const& age = options_.connection_state_recovery->max_disconnection_duration;
        auto const old = engineio::net::sum(engineio::net::clocked(age), milliseconds(1));
        kept_recovery_ends_ =
            runtime_.shard(0).timers().after(old, [this] { forget_kept_recovery(); });
    });
}

std::size_t Core::namespace_count() {
    std::lock_guard const lock(namespaces_mutex_);
    return namespaces_.size();
}

void Core::on_new_namespace(std::function<void(Namespace&)> listener) {
    if (listening_) {
        throw std::logic_error("handlers must be registered before the server listens");
    }
    new_namespace_.push_back(std::move(listener));
}

void Core::announce(Namespace& nsp) {
    for (auto const& listener : new_namespace_) {
        guarded_anywhere("new_namespace", [&] { listener(nsp); });
    }
}

}  // namespace socketio
