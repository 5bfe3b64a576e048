# SPDX-License-Identifier: Apache-2.0
# Tests of the trainer.
ms_add_test(task unit test_task.c ${PROJECT_SOURCE_DIR}/trainer/tasks/mt19937.c)
ms_add_test(experiment unit test_experiment.c)
ms_add_test(package unit test_package.c)
ms_add_test(nir unit test_nir.c nir_file.c)
target_include_directories(test_nir SYSTEM PRIVATE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(test_nir PRIVATE ${HDF5_C_LIBRARIES})
set(MS_TRAINER_MODEL ${PROJECT_SOURCE_DIR}/trainer/model)
ms_add_test(gradient unit test_gradient.c ${MS_TRAINER_MODEL}/params.c ${MS_TRAINER_MODEL}/layer.c
  ${MS_TRAINER_MODEL}/layer_forward.c ${MS_TRAINER_MODEL}/layer_backward.c
  ${MS_TRAINER_MODEL}/net.c ${MS_TRAINER_MODEL}/net_events.c ${MS_TRAINER_MODEL}/queue.c
  ${MS_TRAINER_MODEL}/net_backward.c ${MS_TRAINER_MODEL}/learn.c)
set(MS_TRAINER_METHODS ${PROJECT_SOURCE_DIR}/trainer/methods)
ms_add_test(fit unit test_fit.c ${MS_TRAINER_METHODS}/fit.c ${MS_TRAINER_METHODS}/fit_neuron.c
  ${MS_TRAINER_METHODS}/fit_record.c ${MS_TRAINER_METHODS}/fit_model.c ${MS_TRAINER_METHODS}/fit_die.c
  ${MS_TRAINER_METHODS}/least_squares.c ${MS_TRAINER_METHODS}/lab.c
  ${MS_TRAINER_METHODS}/distort.c ${MS_TRAINER_MODEL}/params.c)
target_link_libraries(test_fit PRIVATE Threads::Threads)
ms_add_test(network unit test_network.c)
ms_add_test(methods unit test_methods.c ${MS_TRAINER_METHODS}/mh_chain.c
  ${MS_TRAINER_METHODS}/gene_algebra.c ${MS_TRAINER_METHODS}/membrane.c ${MS_TRAINER_MODEL}/learn.c)
ms_add_test(train unit test_train.c ${MS_TRAINER_METHODS}/state.c ${MS_TRAINER_METHODS}/fit_die.c
  ${MS_TRAINER_METHODS}/fit.c ${MS_TRAINER_METHODS}/fit_model.c ${MS_TRAINER_METHODS}/fit_record.c
  ${MS_TRAINER_METHODS}/fit_neuron.c ${MS_TRAINER_METHODS}/least_squares.c
  ${MS_TRAINER_METHODS}/lab.c ${MS_TRAINER_METHODS}/distort.c ${MS_TRAINER_MODEL}/params.c
  ${MS_TRAINER_MODEL}/learn.c ${PROJECT_SOURCE_DIR}/trainer/experiment/h5.c)
target_include_directories(test_train SYSTEM PRIVATE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(test_train PRIVATE Threads::Threads ${HDF5_C_LIBRARIES})
ms_add_test(tasks unit test_tasks.c)
set(MS_TEST_LAB ${MS_TRAINER_METHODS}/distort.c ${MS_TRAINER_METHODS}/fit_die.c
  ${MS_TRAINER_METHODS}/fit.c ${MS_TRAINER_METHODS}/fit_model.c ${MS_TRAINER_METHODS}/fit_record.c
  ${MS_TRAINER_METHODS}/fit_neuron.c ${MS_TRAINER_METHODS}/least_squares.c
  ${MS_TRAINER_METHODS}/lab.c ${MS_TRAINER_MODEL}/params.c)
ms_add_test(waiting unit test_waiting.c ${MS_TEST_LAB} ${MS_TRAINER_MODEL}/layer.c
  ${MS_TRAINER_MODEL}/layer_forward.c ${MS_TRAINER_MODEL}/net.c ${MS_TRAINER_MODEL}/net_events.c
  ${MS_TRAINER_MODEL}/queue.c ${MS_TRAINER_MODEL}/learn.c)
target_link_libraries(test_waiting PRIVATE Threads::Threads)
ms_add_test(study unit test_study.c ${MS_TEST_LAB})
target_link_libraries(test_study PRIVATE Threads::Threads)
ms_add_test(study_calibrate integration test_study_calibrate.c ${MS_TRAINER_METHODS}/calibrate.c ${MS_TEST_LAB})
target_link_libraries(test_study_calibrate PRIVATE Threads::Threads)
ms_add_test(study_confirm unit test_study_confirm.c)
ms_add_test(study_failed unit test_study_failed.c)
